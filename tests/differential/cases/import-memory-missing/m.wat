(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "@NAME@" (memory 1))
  (func (export "PyInit_m") (result i32) (unreachable))
)
