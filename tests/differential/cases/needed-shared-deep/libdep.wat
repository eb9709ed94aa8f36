(module
  (@dylink.0 (mem-info (memory 16 2)) (needed "libdeep.so"))
  (func (export "answer") (result i32) (i32.const 42))
)
