(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func (result i32) (i64.const 1))
  ;; python-init m
)
