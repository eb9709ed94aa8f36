(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "nobody" (func $nobody))
  ;; python-imports
  (func $start @CODE@)
  (start $start)
  ;; python-init m
)
