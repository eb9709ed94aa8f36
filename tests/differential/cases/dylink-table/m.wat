(module
  (@dylink.0 (mem-info (memory 128 2) (table 1 0)))
  (import "env" "__table_base" (global $table i32))
  (import "env" "__indirect_function_table" (table 1 funcref))
  ;; python-imports
  (func $f)
  (elem (global.get $table) func $f)
  ;; python-init m
)
