;; Structures, arrays, a recursive group, references of all kinds.
(module
  (rec
    (type $node (sub (struct (field i32) (field (mut i8)) (field (mut (ref null $nodes))))))
    (type $nodes (array (mut (ref null $node))))
    (type $visit (func (param (ref $node) anyref eqref i31ref structref arrayref) (result (ref null $nodes)))))
  (type $leaf (sub final $node (struct (field i32) (field (mut i8)) (field (mut (ref null $nodes))) (field f64))))
  (func (export "leaf") (param $it (ref null $leaf)) (result f64)
    local.get $it
    struct.get $leaf 3)
  (func (export "other") (param (ref any) (ref null func) nullref nullfuncref nullexternref)))
