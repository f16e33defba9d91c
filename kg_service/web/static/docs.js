"use strict";
// The documentation of the interface, drawn by Swagger UI. No validator of another site is asked.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "none", validatorUrl: null });
