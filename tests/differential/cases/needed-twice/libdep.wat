(module
  (@dylink.0 (mem-info (memory 16 2)))
  (import "env" "__memory_base" (global $base i32))
  (func (export "answer") (result i32) (i32.const 42))
  (func (export "twice") (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (global (export "number") i32 (i32.const 4))
)
