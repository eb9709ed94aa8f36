(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (global i32 (i32.add (global.get $base) (i32.const 4)))
  ;; python-init m
)
