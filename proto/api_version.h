#ifndef SPRINGBOARD_PROTO_API_VERSION_H_
#define SPRINGBOARD_PROTO_API_VERSION_H_

namespace springboard {

// Of springboard.v1, MAJOR.MINOR. A minor version only adds; versions whose majors differ do not
// understand each other.
inline constexpr char kApiVersion[] = "1.0";

// Metadata of every error, also for methods that the server does not have: its versions. Other
// answers have them in their messages, where they cost less: two more headers make a short call
// take a sixth longer. A server whose major version is another adds them to every answer.
inline constexpr char kApiVersionKey[] = "springboard-api-version";
inline constexpr char kCodegenVersionKey[] = "springboard-codegen-version";

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_API_VERSION_H_
