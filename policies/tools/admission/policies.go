package main

import (
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// Policy is a policy and what the API server makes of it.
type Policy struct {
	*v1.ValidatingAdmissionPolicy
	validator validating.Validator
}

func readPolicies(texts []json.RawMessage) ([]*Policy, error) {
	policies := make([]*Policy, len(texts))
	for index, text := range texts {
		object, _, err := legacyscheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("policy %d: %w", index, err)
		}
		policy, isPolicy := object.(*v1.ValidatingAdmissionPolicy)
		if !isPolicy {
			return nil, fmt.Errorf("policy %d is a %T", index, object)
		}
		legacyscheme.Scheme.Default(policy)
		policies[index] = &Policy{ValidatingAdmissionPolicy: policy}
	}
	base, err := cel.NewCompositionEnv(cel.VariablesTypeName, environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		return nil, err
	}
	// One after the other: compilers of one template write into the same map of variables.
	for _, policy := range policies {
		policy.validator = compile(policy.ValidatingAdmissionPolicy, base)
	}
	return policies, nil
}

// compile is compilePolicy of k8s.io/apiserver/pkg/admission/plugin/policy/validating, which that package keeps to itself.
func compile(policy *v1.ValidatingAdmissionPolicy, template *cel.CompositionEnv) validating.Validator {
	hasParams := policy.Spec.ParamKind != nil
	options := cel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}
	messageOptions := cel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: false}
	compiler := cel.NewCompositedCompilerFromTemplate(template)
	variables := make([]cel.NamedExpressionAccessor, len(policy.Spec.Variables))
	for index, variable := range policy.Spec.Variables {
		variables[index] = &validating.Variable{Name: variable.Name, Expression: variable.Expression}
	}
	compiler.CompileAndStoreVariables(variables, options, environment.StoredExpressions)
	var matcher matchconditions.Matcher
	if conditions := policy.Spec.MatchConditions; len(conditions) > 0 {
		accessors := make([]cel.ExpressionAccessor, len(conditions))
		for index := range conditions {
			accessors[index] = (*matchconditions.MatchCondition)(&conditions[index])
		}
		filter := compiler.CompileCondition(accessors, options, environment.StoredExpressions)
		matcher = matchconditions.NewMatcher(filter, policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	validations := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(policy.Spec.Validations))
	for index, validation := range policy.Spec.Validations {
		validations[index] = &validating.ValidationCondition{
			Expression: validation.Expression, Message: validation.Message, Reason: validation.Reason,
		}
		if validation.MessageExpression != "" {
			messages[index] = &validating.MessageExpressionCondition{MessageExpression: validation.MessageExpression}
		}
	}
	annotations := make([]cel.ExpressionAccessor, len(policy.Spec.AuditAnnotations))
	for index, annotation := range policy.Spec.AuditAnnotations {
		annotations[index] = &validating.AuditAnnotationCondition{
			Key: annotation.Key, ValueExpression: annotation.ValueExpression,
		}
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, options, environment.StoredExpressions),
		matcher,
		compiler.CompileCondition(annotations, options, environment.StoredExpressions),
		compiler.CompileCondition(messages, messageOptions, environment.StoredExpressions),
		policy.Spec.FailurePolicy,
	)
}

// typeCheck is what the API server does with a new policy: the checks that refuse it, and those of the status controller,
// over the built-in kinds.
func typeCheck(policies []*Policy) []Warning {
	mapper := meta.NewDefaultRESTMapper(legacyscheme.Scheme.PrioritizedVersionsAllGroups())
	for kind := range legacyscheme.Scheme.AllKnownTypes() {
		if kind.Version != runtime.APIVersionInternal {
			mapper.Add(kind, meta.RESTScopeNamespace)
		}
	}
	checker := &validating.TypeChecker{
		SchemaResolver: resolver.NewDefinitionsSchemaResolver(openapi.GetOpenAPIDefinitions, legacyscheme.Scheme),
		RestMapper:     mapper,
	}
	// One after the other: the resolver fills in references of schemas that all policies share.
	warnings := []Warning{}
	for _, policy := range policies {
		for _, failure := range refusals(policy.ValidatingAdmissionPolicy) {
			warnings = append(warnings, Warning{policy.Name, failure.Field, failure.ErrorBody()})
		}
		for _, warning := range checker.Check(policy.ValidatingAdmissionPolicy) {
			warnings = append(warnings, Warning{policy.Name, warning.FieldRef, warning.Warning})
		}
	}
	return warnings
}

func refusals(policy *v1.ValidatingAdmissionPolicy) field.ErrorList {
	internal := &admissionregistration.ValidatingAdmissionPolicy{}
	if err := legacyscheme.Scheme.Convert(policy, internal, nil); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return validation.ValidateValidatingAdmissionPolicy(internal)
}
