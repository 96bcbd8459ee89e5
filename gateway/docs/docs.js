"use strict";

SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: false,
  persistAuthorization: false, // a token must not outlive the page
  tryItOutEnabled: false,
  validatorUrl: null, // nothing leaves this machine
});
