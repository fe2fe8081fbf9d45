package app

import (
	"github.com/go-chi/chi/v5"

	"hangar/backend/api"
)

// APIVersion is the version of the REST contract, which the committed document carries; a build's version would make
// the document differ from commit to commit.
const APIVersion = "0.1.0"

// OpenAPI is the document of the REST face, made from the operations themselves.
func OpenAPI() ([]byte, error) {
	return api.New(chi.NewRouter(), api.Options{Version: APIVersion}).YAML()
}
