#!/usr/bin/env bash
# Run by the project <env>-millrace-bootstrap of CodeBuild, inside of the VPC: puts Argo CD into the cluster, as
# argocd/README.md says under "From an empty cluster". It may be run again at any time and ends in the same state.
set -euo pipefail

# Helm's own check sum is checked; kubectl, aws and git are in the image.
archive="helm-v$HELM_VERSION-linux-amd64.tar.gz"
cd "$(mktemp -d)"
curl --fail --silent --show-error --location --proto '=https' --remote-name-all "https://get.helm.sh/$archive" "https://get.helm.sh/$archive.sha256sum"
sha256sum --check "$archive.sha256sum"
tar --extract --gzip --file "$archive" --strip-components 1 --directory /usr/local/bin linux-amd64/helm

# The token of a private repository goes by a header of this one command, and into no address and no file.
authorization=()
if [ -n "${REPOSITORY_TOKEN:-}" ]; then
  authorization=(-c "http.extraHeader=Authorization: Basic $(printf 'argocd:%s' "$REPOSITORY_TOKEN" | base64 --wrap 0)")
fi
GIT_TERMINAL_PROMPT=0 git "${authorization[@]}" clone --quiet --depth 1 --branch "$REVISION" "$REPOSITORY" millrace
cd millrace
npm ci

aws eks update-kubeconfig --name "$CLUSTER" --region "$AWS_REGION" --alias "$ENVIRONMENT"

if [ -n "${REPOSITORY_TOKEN:-}" ]; then
  kubectl --context "$ENVIRONMENT" create namespace argocd --dry-run=client --output yaml |
    kubectl --context "$ENVIRONMENT" apply --filename -
  kubectl --context "$ENVIRONMENT" --namespace argocd create secret generic repository --dry-run=client --output yaml \
    --from-literal=type=git --from-literal=url="$REPOSITORY" --from-literal=username=argocd --from-literal=password="$REPOSITORY_TOKEN" |
    kubectl --context "$ENVIRONMENT" label --local --output yaml --filename - argocd.argoproj.io/secret-type=repository |
    kubectl --context "$ENVIRONMENT" apply --server-side --force-conflicts --filename -
fi

argocd/bootstrap.sh --env "$ENVIRONMENT" --context "$ENVIRONMENT"
