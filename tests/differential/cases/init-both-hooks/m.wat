(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func (export "PyModExport_m") (result i32) (i32.const 0))
  ;; python-init m
)
