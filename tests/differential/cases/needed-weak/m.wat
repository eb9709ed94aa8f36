(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so") (import-info "env" "nobody" binding-weak undefined))
  (import "@OFFSETS@" "nobody" (global (mut i32)))
  ;; python-imports
  ;; python-init m
)
