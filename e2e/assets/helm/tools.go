//go:build tools

// Package assets pins the programs that the tests run against.
package assets

import _ "helm.sh/helm/v4/cmd/helm"
