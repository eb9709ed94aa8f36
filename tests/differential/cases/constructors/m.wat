(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "nobody" (func $nobody))
  (import "env" "own" (func $own))
  ;; python-imports
  (func (export @FUNCTION@)
  (func (export "own"))
  ;; python-init m
)
