// admission answers what a cluster's API server would say to objects: it runs ValidatingAdmissionPolicies with
// Kubernetes' own matcher, compiler and validator, after Kubernetes' own decoding and defaulting.
// A question is read from stdin and answered on stdout, both JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	"k8s.io/klog/v2"
)

// Question is what stdin holds.
type Question struct {
	// Policies are ValidatingAdmissionPolicy objects.
	Policies []json.RawMessage `json:"policies"`
	// Sets are evaluated apart from each other: an environment, or a test's cases.
	Sets []Set `json:"sets"`
	// TypeCheck asks for the warnings that the API server writes into a policy's status.
	TypeCheck bool `json:"typeCheck"`
	// Mutants asks for every policy's versions without one condition: see Mutant.
	Mutants bool `json:"mutants"`
}

// Set is a cluster as the policies see it, with the requests that are made to it.
type Set struct {
	Name string `json:"name"`
	// Params is the object that bindings name as their param.
	Params json.RawMessage `json:"params"`
	// Namespaces are those of the cluster. One that is not named has no labels but its name.
	Namespaces []json.RawMessage `json:"namespaces"`
	Requests   []Request         `json:"requests"`
}

// Request is one admission request. What is left out is a CREATE of the object by nobody in particular.
type Request struct {
	Id          string          `json:"id"`
	Operation   string          `json:"operation"`
	Subresource string          `json:"subresource"`
	Namespace   string          `json:"namespace"`
	Name        string          `json:"name"`
	Resource    string          `json:"resource"`
	Object      json.RawMessage `json:"object"`
	OldObject   json.RawMessage `json:"oldObject"`
	UserInfo    UserInfo        `json:"userInfo"`
	// Policies limits the evaluation to these names; empty means all.
	Policies []string `json:"policies"`
}

// UserInfo says who asks.
type UserInfo struct {
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

// Answer is what stdout gets.
type Answer struct {
	Warnings []Warning `json:"warnings"`
	Verdicts []Verdict `json:"verdicts"`
	Mutants  []Mutant  `json:"mutants"`
}

// Warning is one finding of the type check.
type Warning struct {
	Policy  string `json:"policy"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Verdict says what became of one request.
type Verdict struct {
	Set string `json:"set"`
	Id  string `json:"id"`
	// Error says why the request could not be read; nothing was evaluated then.
	Error string `json:"error,omitempty"`
	// Matched names the policies that looked at the object.
	Matched []string `json:"matched"`
	Denied  []Denial `json:"denied"`
}

// Denial is one validation that an object failed, or that could not be evaluated.
type Denial struct {
	Policy     string `json:"policy"`
	Validation int    `json:"validation"`
	Message    string `json:"message"`
	IsError    bool   `json:"isError"`
}

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(discard{})
	// It lives for a second: a collection of garbage would only cost time.
	debug.SetGCPercent(400)
	if err := answer(); err != nil {
		fmt.Fprintf(os.Stderr, "admission: %v\n", err)
		os.Exit(2)
	}
}

func answer() error {
	var question Question
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		return fmt.Errorf("stdin is not a question: %w", err)
	}
	policies, err := readPolicies(question.Policies)
	if err != nil {
		return err
	}
	result := Answer{Warnings: []Warning{}, Verdicts: []Verdict{}, Mutants: []Mutant{}}
	if question.TypeCheck {
		result.Warnings = typeCheck(policies)
	}
	if question.Mutants {
		if result.Mutants, err = mutantsOf(policies); err != nil {
			return err
		}
	}
	for _, set := range question.Sets {
		verdicts, err := evaluate(set, policies)
		if err != nil {
			return fmt.Errorf("%s: %w", set.Name, err)
		}
		result.Verdicts = append(result.Verdicts, verdicts...)
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

type discard struct{}

func (discard) Write(text []byte) (int, error) { return len(text), nil }
