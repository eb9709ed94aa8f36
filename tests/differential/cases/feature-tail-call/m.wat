(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func $f (param i32) (result i32) (return_call $f (local.get 0)))
  ;; python-init m
)
