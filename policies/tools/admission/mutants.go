package main

import (
	"fmt"

	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/parser"
)

// Mutant is a policy with one rule taken out: the expression to put in place of a validation's own.
type Mutant struct {
	Policy     string `json:"policy"`
	Validation int    `json:"validation"`
	// Without is the condition that the mutant takes as true.
	Without    string `json:"without"`
	Expression string `json:"expression"`
}

// mutantsOf weakens every validation: once as a whole, and once for every operand of && in it.
func mutantsOf(policies []*Policy) ([]Mutant, error) {
	mutants := []Mutant{}
	for _, policy := range policies {
		for index, validation := range policy.Spec.Validations {
			mutants = append(mutants, Mutant{policy.Name, index, validation.Expression, "true"})
			weaker, err := weaken(validation.Expression)
			if err != nil {
				return nil, fmt.Errorf("%s, validation %d: %w", policy.Name, index, err)
			}
			for _, mutant := range weaker {
				mutants = append(mutants, Mutant{policy.Name, index, mutant[0], mutant[1]})
			}
		}
	}
	return mutants, nil
}

// weaken gives, for every operand of && in an expression, the operand and the expression with true in its place.
func weaken(expression string) ([][2]string, error) {
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
	found := [][2]string{}
	seen := map[string]bool{whole: true}
	factory := ast.NewExprFactory()
	for _, operand := range operandsOf(parsed) {
		text, err := parser.Unparse(operand, parsed.SourceInfo())
		if err != nil {
			return nil, err
		}
		before := factory.CopyExpr(operand)
		operand.SetKindCase(factory.NewLiteral(operand.ID(), types.True))
		weaker, err := parser.Unparse(parsed.Expr(), parsed.SourceInfo())
		operand.SetKindCase(before)
		if err != nil {
			return nil, err
		}
		if !seen[weaker] {
			found = append(found, [2]string{text, weaker})
		}
		seen[weaker] = true
	}
	return found, nil
}

// operandsOf finds the operands of && in the expression as it is written: inside a macro these are the macro's arguments.
func operandsOf(parsed *ast.AST) []ast.Expr {
	operands := []ast.Expr{}
	visitor := ast.NewExprVisitor(func(expression ast.Expr) {
		if expression.Kind() == ast.CallKind && expression.AsCall().FunctionName() == operators.LogicalAnd {
			for _, operand := range expression.AsCall().Args() {
				isAnd := operand.Kind() == ast.CallKind && operand.AsCall().FunctionName() == operators.LogicalAnd
				if !isAnd {
					operands = append(operands, operand)
				}
			}
		}
	})
	ast.PostOrderVisit(parsed.Expr(), visitor)
	for _, call := range parsed.SourceInfo().MacroCalls() {
		ast.PostOrderVisit(call, visitor)
	}
	return operands
}
