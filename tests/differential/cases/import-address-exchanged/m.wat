(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "GOT.mem" "strlen" (global (mut i32)))
  (import "GOT.func" "PyExc_ValueError" (global (mut i32)))
  ;; python-imports
  ;; python-init m
)
