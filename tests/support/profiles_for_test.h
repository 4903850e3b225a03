// The repository's own profiles, compiled; and small ones written in a test.
//
// Ownership: shared. Thread-safety: immutable profiles; the functions may be called from any
// thread. Errors: LoadProfile and CompileProfileText give the status of what went wrong;
// ProfileForTest ends the program with it.
#ifndef TOMBOLO_TESTS_SUPPORT_PROFILES_FOR_TEST_H_
#define TOMBOLO_TESTS_SUPPORT_PROFILES_FOR_TEST_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/record/profile.h"

namespace tombolo::testing {

// The messages of adapters/profiles/<name>/profile.yaml, what it includes first.
StatusOr<std::vector<v1::Profile>> ReadProfileChain(std::string_view name);
// The same, compiled.
StatusOr<std::shared_ptr<const record::Profile>> LoadProfile(std::string_view name);
// LoadProfile of a profile that must be good, kept for the whole run: "core", "cn" or "test".
std::shared_ptr<const record::Profile> ProfileForTest(std::string_view name);

// A profile written as YAML, with the files that it names.
StatusOr<std::shared_ptr<const record::Profile>> CompileProfileText(
    std::string_view yaml, const std::map<std::string, std::string>& files = {});

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_PROFILES_FOR_TEST_H_
