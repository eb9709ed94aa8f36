(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "GOT.mem" "PyExc_ValueError" @TYPE@)
  ;; python-imports
  ;; python-init m
)
