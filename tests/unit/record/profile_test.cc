#include "gateway/record/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/support/profiles_for_test.h"

namespace tombolo::record {
namespace {

TEST(RepositoryProfiles, AllCompile) {
  for (const char* name : {"core", "cn", "test"}) {
    const auto loaded = testing::LoadProfile(name);
    EXPECT_OK(loaded);
    if (loaded.ok()) {
      EXPECT_EQ((*loaded)->name(), name);
    }
  }
}

}  // namespace
}  // namespace tombolo::record
