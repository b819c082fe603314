package main

import (
	"fmt"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/parser"
)

// Mutant is a policy with one condition taken out: the expression to put in place of a validation's or match condition's own.
type Mutant struct {
	Policy string `json:"policy"`
	// Field is validations or matchConditions.
	Field string `json:"field"`
	Index int    `json:"index"`
	// Without is the condition that the mutant takes as given.
	Without string `json:"without"`
	// As is what it is taken as: an operand of && as true, one of || as false, a whole expression as true.
	As         bool   `json:"as"`
	Expression string `json:"expression"`
}

// mutantsOf changes every validation and match condition: once as a whole, and once for every operand of && and || in it.
func mutantsOf(policies []*Policy) ([]Mutant, error) {
	mutants := []Mutant{}
	for _, policy := range policies {
		expressions := map[string][]string{}
		for _, validation := range policy.Spec.Validations {
			expressions["validations"] = append(expressions["validations"], validation.Expression)
		}
		for _, condition := range policy.Spec.MatchConditions {
			expressions["matchConditions"] = append(expressions["matchConditions"], condition.Expression)
		}
		for _, field := range []string{"validations", "matchConditions"} {
			for index, expression := range expressions[field] {
				found, err := mutate(expression)
				if err != nil {
					return nil, fmt.Errorf("%s, %s %d: %w", policy.Name, field, index, err)
				}
				for _, mutant := range found {
					mutant.Policy, mutant.Field, mutant.Index = policy.Name, field, index
					mutants = append(mutants, mutant)
				}
			}
		}
	}
	return mutants, nil
}

// mutate gives an expression as true, and with each operand of && as true and each of || as false.
func mutate(expression string) ([]Mutant, error) {
	reader, err := parser.NewParser(parser.Macros(parser.AllMacros...), parser.PopulateMacroCalls(true), parser.EnableOptionalSyntax(true))
	if err != nil {
		return nil, err
	}
	parsed, failures := reader.Parse(common.NewTextSource(expression))
	if len(failures.GetErrors()) > 0 {
		return nil, fmt.Errorf("%s", failures.ToDisplayString())
	}
	whole, err := parser.Unparse(parsed.Expr(), parsed.SourceInfo())
	if err != nil {
		return nil, err
	}
	found := []Mutant{{Without: expression, As: true, Expression: "true"}}
	seen := map[string]bool{whole: true}
	factory := ast.NewExprFactory()
	for _, operand := range operandsOf(parsed) {
		text, err := parser.Unparse(operand.Expr, parsed.SourceInfo())
		if err != nil {
			return nil, err
		}
		before := factory.CopyExpr(operand.Expr)
		operand.SetKindCase(factory.NewLiteral(operand.ID(), types.Bool(operand.as)))
		mutated, err := parser.Unparse(parsed.Expr(), parsed.SourceInfo())
		operand.SetKindCase(before)
		if err != nil {
			return nil, err
		}
		if !seen[mutated] {
			found = append(found, Mutant{Without: text, As: operand.as, Expression: mutated})
		}
		seen[mutated] = true
	}
	return found, nil
}

// operand is one of && or ||, and the value with which it says nothing there.
type operand struct {
	ast.Expr
	as bool
}

// operandsOf finds the operands of && and || in the expression as it is written: inside a macro these are the macro's
// arguments.
func operandsOf(parsed *ast.AST) []operand {
	operands := []operand{}
	visitor := ast.NewExprVisitor(func(expression ast.Expr) {
		name := functionOf(expression)
		if name != operators.LogicalAnd && name != operators.LogicalOr {
			return
		}
		for _, argument := range expression.AsCall().Args() {
			if functionOf(argument) != name {
				operands = append(operands, operand{argument, name == operators.LogicalAnd})
			}
		}
	})
	ast.PostOrderVisit(parsed.Expr(), visitor)
	for _, call := range parsed.SourceInfo().MacroCalls() {
		ast.PostOrderVisit(call, visitor)
	}
	return operands
}

func functionOf(expression ast.Expr) string {
	if expression.Kind() != ast.CallKind {
		return ""
	}
	return expression.AsCall().FunctionName()
}
