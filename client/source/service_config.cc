#include "client/source/service_config.h"

namespace springboard {

const char* const kServiceConfigOfSeveral = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "springboard.v1.TrampolineCompiler"},
  "methodConfig": [{
    "name": [{"service": "springboard.v1.TrampolineCompiler"}],
    "retryPolicy": {
      "maxAttempts": 5,
      "initialBackoff": "0.05s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})";

}  // namespace springboard
