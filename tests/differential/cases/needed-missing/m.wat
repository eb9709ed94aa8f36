(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "@NAME@") (runtime-path "$ORIGIN"))
  (import "env" "answer" (func (result i32)))
  ;; python-imports
  ;; python-init m
)
