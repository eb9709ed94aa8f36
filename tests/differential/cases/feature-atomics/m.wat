(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 1)))
  ;; python-init m
)
