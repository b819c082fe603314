package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/generic"
	"k8s.io/apiserver/pkg/admission/plugin/policy/matching"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

var objectInterfaces = admission.NewObjectInterfacesFromScheme(legacyscheme.Scheme)

// evaluate makes every request of a set to every policy.
func evaluate(set Set, policies []*Policy) ([]Verdict, error) {
	var params runtime.Object
	if len(set.Params) > 0 {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(set.Params); err != nil {
			return nil, fmt.Errorf("params: %w", err)
		}
		params = object
	}
	namespaces, err := readNamespaces(set)
	if err != nil {
		return nil, err
	}
	verdicts := make([]Verdict, len(set.Requests))
	limit := make(chan struct{}, 4)
	var group sync.WaitGroup
	for index, request := range set.Requests {
		limit <- struct{}{}
		group.Go(func() {
			defer func() { <-limit }()
			verdict := Verdict{Set: set.Name, Id: request.Id, Matched: []string{}, Denied: []Denial{}}
			if err := decide(request, policies, namespaces, params, &verdict); err != nil {
				verdict.Error = err.Error()
			}
			verdicts[index] = verdict
		})
	}
	group.Wait()
	return verdicts, nil
}

func decide(request Request, policies []*Policy, namespaces listersv1.NamespaceLister, params runtime.Object, verdict *Verdict) error {
	attributes, err := attributesOf(request)
	if err != nil {
		return err
	}
	matcher := generic.NewPolicyMatcher(matching.NewMatcher(namespaces, nil))
	namespace, _ := namespaces.Get(attributes.GetNamespace())
	if attributes.GetKind().Kind == "Namespace" {
		namespace = nil
	}
	for _, policy := range policies {
		if len(request.Policies) > 0 && !slices.Contains(request.Policies, policy.Name) {
			continue
		}
		accessor := validating.NewValidatingAdmissionPolicyAccessor(policy.ValidatingAdmissionPolicy)
		matches, resource, kind, err := matcher.DefinitionMatches(attributes, objectInterfaces, accessor)
		if err != nil {
			return fmt.Errorf("%s: %w", policy.Name, err)
		}
		if !matches {
			continue
		}
		versioned, err := admission.NewVersionedAttributes(attributes, kind, objectInterfaces)
		if err != nil {
			return fmt.Errorf("%s: %w", policy.Name, err)
		}
		authorizer := authorizerfactory.NewAlwaysDenyAuthorizer()
		result := policy.validator.Validate(
			context.Background(), resource, versioned, params, namespace, celconfig.RuntimeCELCostBudget, authorizer)
		if len(result.Decisions) > 0 {
			verdict.Matched = append(verdict.Matched, policy.Name)
		}
		for index, decision := range result.Decisions {
			if decision.Action == validating.ActionDeny {
				isError := decision.Evaluation == validating.EvalError
				verdict.Denied = append(verdict.Denied, Denial{policy.Name, index, decision.Message, isError})
			}
		}
		for index, annotation := range result.AuditAnnotations {
			if annotation.Action == validating.AuditAnnotationActionError {
				verdict.Denied = append(verdict.Denied, Denial{policy.Name, index, annotation.Error, true})
			}
		}
	}
	return nil
}

// attributesOf turns a request into what the API server hands to admission: decoded, with defaults.
func attributesOf(request Request) (admission.Attributes, error) {
	object, kind, err := readObject(request.Object)
	if err != nil {
		return nil, err
	}
	oldObject, oldKind, err := readObject(request.OldObject)
	if err != nil {
		return nil, err
	}
	known, kindOfRequest := object, kind
	if known == nil {
		known, kindOfRequest = oldObject, oldKind
	}
	if known == nil {
		return nil, fmt.Errorf("the request has neither an object nor an old object")
	}
	namespace, name := request.Namespace, request.Name
	if accessor, err := meta.Accessor(known); err == nil {
		namespace, name = orElse(namespace, accessor.GetNamespace()), orElse(name, accessor.GetName())
	}
	resource, _ := meta.UnsafeGuessKindToResource(kindOfRequest)
	if request.Resource != "" {
		// A subresource's object is of another kind than the resource, such as PodExecOptions.
		resource = schema.GroupVersionResource{Version: "v1", Resource: request.Resource}
	}
	if resource.Resource == "namespaces" {
		namespace = name
	}
	who := &user.DefaultInfo{Name: request.UserInfo.Username, Groups: request.UserInfo.Groups}
	operation := admission.Operation(strings.ToUpper(orElse(request.Operation, "CREATE")))
	return admission.NewAttributesRecord(
		object, oldObject, kindOfRequest, namespace, name, resource, request.Subresource, operation, nil, false, who), nil
}

// readObject decodes, sets defaults and converts to the internal version, as the API server does. A kind that Kubernetes
// does not have is a custom resource.
func readObject(text json.RawMessage) (runtime.Object, schema.GroupVersionKind, error) {
	var none schema.GroupVersionKind
	if len(text) == 0 || string(text) == "null" {
		return nil, none, nil
	}
	var kindOnly metav1.TypeMeta
	if err := json.Unmarshal(text, &kindOnly); err != nil {
		return nil, none, err
	}
	kind := kindOnly.GroupVersionKind()
	if !legacyscheme.Scheme.Recognizes(kind) {
		custom := &unstructured.Unstructured{}
		if err := custom.UnmarshalJSON(text); err != nil {
			return nil, none, err
		}
		return custom, kind, nil
	}
	object, _, err := legacyscheme.Codecs.UniversalDecoder().Decode(text, nil, nil)
	if err != nil {
		return nil, none, err
	}
	return object, kind, nil
}

func readNamespaces(set Set) (listersv1.NamespaceLister, error) {
	index := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for _, text := range set.Namespaces {
		object, _, err := legacyscheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("namespace: %w", err)
		}
		namespace, isNamespace := object.(*corev1.Namespace)
		if !isNamespace {
			return nil, fmt.Errorf("namespace: is a %T", object)
		}
		legacyscheme.Scheme.Default(namespace)
		if err := index.Add(namespace); err != nil {
			return nil, err
		}
	}
	lister := listersv1.NewNamespaceLister(index)
	for _, request := range set.Requests {
		for _, text := range []json.RawMessage{request.Object, request.OldObject} {
			name := namespaceOf(request, text)
			if _, err := lister.Get(name); err == nil || name == "" {
				continue
			}
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: name, Labels: map[string]string{corev1.LabelMetadataName: name},
			}}
			if err := index.Add(namespace); err != nil {
				return nil, err
			}
		}
	}
	return lister, nil
}

func namespaceOf(request Request, text json.RawMessage) string {
	var object metav1.PartialObjectMetadata
	if json.Unmarshal(text, &object) == nil && object.Namespace != "" {
		return object.Namespace
	}
	return request.Namespace
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
