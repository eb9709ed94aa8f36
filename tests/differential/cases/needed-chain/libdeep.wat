(module
  (@dylink.0 (mem-info (memory 16 2)))
  (func (export "deep") (result i32) (i32.const 1))
)
