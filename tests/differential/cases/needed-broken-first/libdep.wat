(module
  (@dylink.0 (mem-info (memory 64 2)))
  (import "env" "strlen" (func))
  (import "env" "nobody" (func))
  (func (export "answer") (result i32) i32.const 42)
)
