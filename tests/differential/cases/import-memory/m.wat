(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "memory" (memory @LIMITS@))
  (func (export "PyInit_m") (result i32) (unreachable))
)
