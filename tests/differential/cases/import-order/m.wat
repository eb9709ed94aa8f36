(module
  (@dylink.0 (mem-info (memory 128 2)))
  @IMPORTS@
  (func (export "PyInit_m") (result i32) (unreachable))
)
