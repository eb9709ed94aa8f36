(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so") (runtime-path "$ORIGIN/one"))
  (import "env" "answer" (func (result i32)))
  (import "env" "deep" (func (result i32)))
  ;; python-imports
  ;; python-init m
)
