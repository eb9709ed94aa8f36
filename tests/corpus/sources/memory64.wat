;; Memories and tables that Pyodide's runtimes do not have.
(module
  (memory (export "large") i64 1 0x1_0000_0000)
  (memory (export "threads") 1 65536 shared)
  (memory (export "small") 5 6 (pagesize 1))
  (table (export "long") i64 1 2 funcref)
  (table (export "filled") 2 externref (ref.null extern))
  (global (export "sum") i32 (i32.add (i32.const 1) (i32.const 2))))
