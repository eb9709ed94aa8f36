(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "memory" (memory 1))
)
