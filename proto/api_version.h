#ifndef SPRINGBOARD_PROTO_API_VERSION_H_
#define SPRINGBOARD_PROTO_API_VERSION_H_

namespace springboard {

// Of springboard.v1, MAJOR.MINOR. A minor version only adds; versions whose majors differ do not
// understand each other.
inline constexpr char kApiVersion[] = "1.0";

// Metadata of every error of the service's, also for methods that the server does not have: its
// versions. Without an error two more headers would make a short call take a sixth longer: what
// succeeds tells its codegen version in its message. A server that answers this service with
// another major version MUST add them to every answer.
inline constexpr char kApiVersionKey[] = "springboard-api-version";
inline constexpr char kCodegenVersionKey[] = "springboard-codegen-version";

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_API_VERSION_H_
