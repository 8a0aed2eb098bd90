package planner

import "slices"

// combination is the type of an operation by the types of its sides, "" being
// one that nobody knows: a row of Django's table. Classes stand for those that
// derive from them too.
type combination struct{ l, r, out string }

var (
	sameNumbers = []combination{
		{"IntegerField", "IntegerField", "IntegerField"}, {"FloatField", "FloatField", "FloatField"}, {"DecimalField", "DecimalField", "DecimalField"},
	}
	mixedNumbers = []combination{
		{"IntegerField", "DecimalField", "DecimalField"},
		{"DecimalField", "IntegerField", "DecimalField"},
		{"IntegerField", "FloatField", "FloatField"},
		{"FloatField", "IntegerField", "FloatField"},
	}
	unknownNumbers = []combination{
		{"IntegerField", "", "IntegerField"},
		{"", "IntegerField", "IntegerField"},
		{"DecimalField", "", "DecimalField"},
		{"", "DecimalField", "DecimalField"},
		{"FloatField", "", "FloatField"},
		{"", "FloatField", "FloatField"},
	}
	sums = []combination{
		{"DateField", "DurationField", "DateTimeField"},
		{"DurationField", "DateField", "DateTimeField"},
		{"DurationField", "DurationField", "DurationField"},
		{"TimeField", "DurationField", "TimeField"},
		{"DurationField", "TimeField", "TimeField"},
	}
	differences = []combination{
		{"DateField", "DurationField", "DateTimeField"},
		{"DateField", "DateField", "DurationField"},
		{"DurationField", "DurationField", "DurationField"},
		{"TimeField", "DurationField", "TimeField"},
		{"TimeField", "TimeField", "DurationField"},
	}
	arithmetic = slices.Concat(sameNumbers, mixedNumbers, unknownNumbers)
	// combinations are those that each operator has.
	combinations = map[string][]combination{
		"+": slices.Concat(arithmetic, sums), "-": slices.Concat(arithmetic, differences), "*": arithmetic, "/": arithmetic, "%": arithmetic,
		"^": slices.Concat(sameNumbers, unknownNumbers), "&": sameNumbers[:1], "|": sameNumbers[:1], "#": sameNumbers[:1], "<<": sameNumbers[:1], ">>": sameNumbers[:1],
	}
)

// combinedType is the type of l op r, nil when Django doesn't know either.
func combinedType(op string, l, r *Field) *Field {
	fits := func(f *Field, class string) bool {
		return f == nil && class == "" || f != nil && class != "" && isClass(f.Type, class)
	}
	for _, c := range combinations[op] {
		if fits(l, c.l) && fits(r, c.r) {
			return typed(c.out)
		}
	}
	return nil
}

// typeError tells why a node has no type, nil for one that has. An expression
// of mixed types is refused only where its type is asked for: what is around it
// may say the type, or not care.
func typeError(n node) error {
	switch n := n.(type) {
	case *combined:
		return n.err
	case *fn:
		return n.err
	case *concat:
		return n.err
	case *aggregate:
		return n.err
	case *caseNode:
		return n.err
	case *window:
		return typeError(n.expr)
	case *ref:
		return typeError(n.src)
	case *orderBy:
		return typeError(n.expr)
	case *when:
		return typeError(n.then)
	}
	return nil
}

// firstTypeError is that of the first node which has one.
func firstTypeError(ns ...node) error {
	for _, n := range ns {
		if err := typeError(n); err != nil {
			return err
		}
	}
	return nil
}

// commonType is the type that all arguments share.
func (q *Query) commonType(name string, args []node) (*Field, error) {
	var out *Field
	for _, a := range args {
		if err := typeError(a); err != nil {
			return nil, err
		}
		f := a.output()
		switch {
		case f == nil:
		case out == nil:
			out = f
		case out.Type != f.Type && !isClass(out.Type, f.Type):
			return nil, misuse(q.model.label, name, "Expression contains mixed types: %s, %s. You must set output_field.", out.Type, f.Type)
		}
	}
	return out, nil
}
