(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so"))
  (import "GOT.mem" "nobody" (global (mut i32)))
  ;; python-imports
  ;; python-init m
)
