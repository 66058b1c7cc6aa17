#ifndef SPRINGBOARD_CLIENT_SOURCE_SERVICE_CONFIG_H_
#define SPRINGBOARD_CLIENT_SOURCE_SERVICE_CONFIG_H_

namespace springboard {

// What gRPC is told, in its own JSON, of several servers that an address names: calls go to them in
// turn, to those alone whose health (grpc.health.v1) is SERVING for springboard.v1's
// TrampolineCompiler; and one that is answered UNAVAILABLE is sent again, up to four times within
// about a second. That is right for all methods, which are idempotent: they compute, and keep
// nothing.
//
// Not for one server: there would be nobody else to ask, and whoever has something else to fall
// back to wants to know at once. Nor for a proxy: a watch of health ends at one of its servers, and
// would speak for all.
extern const char* const kServiceConfigOfSeveral;

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_SERVICE_CONFIG_H_
