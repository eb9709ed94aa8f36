(module
  (@dylink.0 (mem-info (memory 128 2)) (import-info "env" "nobody" binding-weak undefined))
  (import "GOT.mem" "nobody" (global (mut i32)))
  ;; python-imports
  ;; python-init a
)
