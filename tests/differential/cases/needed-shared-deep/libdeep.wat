(module
  (@dylink.0 (mem-info (memory 16 2)))
  (func (export "deep"))
)
