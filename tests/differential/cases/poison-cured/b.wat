(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (global (export "nobody") i32 (i32.const 8))
  ;; python-init b
)
