(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "emscripten_get_now" @TYPE@)
  ;; python-imports
  ;; python-init m
)
