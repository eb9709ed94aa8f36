(module
  (@dylink.0 (mem-info (memory 128 2)) (import-info "env" "one" binding-weak undefined))
  (import "GOT.mem" "one" (global (mut i32)))
  (import "GOT.func" "two" (global (mut i32)))
  ;; python-imports
  ;; python-init m
)
