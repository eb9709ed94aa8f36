(module
  (@dylink.0 (mem-info (memory 16 2)) (needed "libback.so"))
  (import "env" "back" (func (result i32)))
  (func (export "answer") (result i32) (i32.const 42))
)
