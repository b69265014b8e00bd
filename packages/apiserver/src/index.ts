export { ApiError, createStatus, isApiError } from './errors/api-error.ts';
export type {
  ApiErrorCode,
  ApiErrorOptions,
  Status,
  StatusCause,
  StatusDetails,
} from './errors/api-error.ts';
export {
  createAlreadyExists,
  createBadRequest,
  createConflict,
  createExpired,
  createInternalError,
  createInvalid,
  createMethodNotSupported,
  createNotFound,
  createPathNotFound,
  createServiceUnavailable,
  createTooManyRequests,
  createUnauthorized,
  formatGroupResource,
} from './errors/status-errors.ts';
export type { GroupResource } from './errors/status-errors.ts';
export {
  assertAuthorized,
  createAttributes,
  createForbidden,
  createGroupAuthorizer,
  createPathAuthorizer,
  createUnionAuthorizer,
} from './filters/authorization.ts';
export type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from './filters/authorization.ts';
export { createBearerAuthenticator } from './filters/bearer-authenticator.ts';
export type { TokenVerifier } from './filters/bearer-authenticator.ts';
export {
  createRequestHeaderAuthenticator,
  createX509Authenticator,
} from './filters/certificate-authenticators.ts';
export type {
  CertificateAuthenticatorDeps,
  RequestHeaderConfig,
} from './filters/certificate-authenticators.ts';
export {
  createAccessReviewSpec,
  createDelegatedAuthenticator,
  createDelegatedAuthorizer,
  parseTokenReviewStatus,
} from './filters/delegated.ts';
export type {
  DelegatedAuthenticationDeps,
  DelegatedAuthorizationDeps,
  DelegatedOptions,
} from './filters/delegated.ts';
export { parseExtensionAuthentication } from './filters/parse-request-header-config.ts';
export {
  ANONYMOUS_USER,
  AUTHENTICATED_GROUP,
  authenticateAnonymous,
  createUnionAuthenticator,
  UNAUTHENTICATED_GROUP,
  withAuthenticatedGroup,
} from './filters/identity.ts';
export type {
  Authentication,
  AuthenticationInput,
  AuthenticationMethod,
  Authenticator,
  UserInfo,
} from './filters/identity.ts';
export { parseRequestInfo } from './filters/request-info.ts';
export type { RequestInfo } from './filters/request-info.ts';
export { compareVersions, createApiRegistry } from './registry/api-registry.ts';
export type {
  ApiDelegate,
  ApiRegistry,
  DiscoveredResource,
  GroupVersionEntry,
  ServedResource,
  ServedSubresource,
} from './registry/api-registry.ts';
export type {
  Admission,
  AdmissionRequest,
  DocumentSource,
  KindInVersion,
  ResourceNames,
  ResourceStrategy,
  ScalePaths,
  StoredResourceDefinition,
  WriteContext,
} from './registry/definition.ts';
export type { DeleteOptions, DeleteResult } from './registry/delete-object.ts';
export {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  requiredValue,
  unsupportedValue,
  validateLabelName,
  validatePathSegmentName,
  validateSubdomainName,
} from './registry/object-rules.ts';
export type { ListOptions, ObjectList } from './registry/read-objects.ts';
export { createCustomDefinitions } from './registry/custom-definition.ts';
export { readObject } from './decode/decode-object.ts';
export { readWriteContext } from './registry/read-write-context.ts';
export { serveStoredResource } from './registry/serve-stored-resource.ts';
export type { CustomSubresource, ServeStoredOptions } from './registry/serve-stored-resource.ts';
export { createStoredResource } from './registry/stored-resource.ts';
export type { StoredResource } from './registry/stored-resource.ts';
export type { UpdateRequest, WriteResult } from './registry/update-request.ts';
export type { AdmissionView } from './registry/admission-request.ts';
export type { ObjectWatch, WatchEvent, WatchOptions, WatchSink } from './registry/watch-objects.ts';
export { formatTimestamp } from './registry/write-pipeline.ts';
export type { RegistryDeps } from './registry/write-pipeline.ts';
export { applySchemaDefaults } from './schema/apply-defaults.ts';
export { followRef, getFieldSchema, linkDefinitions, openOpaqueTypes } from './schema/open-api-schema.ts';
export type { OpenApiSchema } from './schema/open-api-schema.ts';
export { validateSchema } from './schema/validate-schema.ts';
export { createApiHandler } from './server/create-api-handler.ts';
export type { ApiHandlerDeps, ApiHandlerOptions, HealthCheck } from './server/create-api-handler.ts';
export { getHeader, parseHeaders } from './server/header-map.ts';
export type { HeaderMap } from './server/header-map.ts';
export { negotiate } from './server/negotiate.ts';
export type { Negotiated, OfferedKinds } from './server/negotiate.ts';
export { getSubjectValues, isChainTrusted } from './server/peer-certificates.ts';
export type { PeerCertificates } from './server/peer-certificates.ts';
export type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  BodyDecoders,
  Exchange,
  UpgradeHandler,
} from './server/request.ts';
export {
  toApiError,
  writeError,
  writeJson,
  writeText,
  writeUpgradeError,
  writeValue,
} from './server/respond.ts';
export type { RequestChain } from './server/serve-request.ts';
export { startApiServer } from './server/start-api-server.ts';
export type {
  ApiServerDeps,
  ApiServerOptions,
  RunningApiServer,
  ServerTls,
} from './server/start-api-server.ts';
export { createMemoryStorage } from './storage/memory-storage.ts';
export type { MemoryStorage, MemoryStorageOptions } from './storage/memory-storage.ts';
export { createObjectMemory } from './storage/object-memory.ts';
export type { ObjectMemory, ObjectMemoryOptions } from './storage/object-memory.ts';
export type {
  Storage,
  StorageEvent,
  StorageKey,
  StorageList,
  StorageListOptions,
  StorageScope,
  StorageWatch,
} from './storage/storage.ts';
export { createBuiltInColumns } from './table/built-in/columns.ts';
export { createTable, DEFAULT_COLUMNS, formatAge, formatDuration } from './table/table-columns.ts';
export type { ColumnDefinition, IncludeObject, TableColumns } from './table/table-columns.ts';
export type { WatchServing } from './watch/serve-watch.ts';
