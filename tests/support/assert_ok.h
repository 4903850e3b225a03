// Checks on Status and StatusOr, which Debian's Abseil lacks.
//
// Ownership: macros over plain values. Thread-safety: as GoogleTest's own. Errors: a failed check
// prints code and message.
#ifndef TOMBOLO_TESTS_SUPPORT_ASSERT_OK_H_
#define TOMBOLO_TESTS_SUPPORT_ASSERT_OK_H_

#include <gtest/gtest.h>

#include <utility>

#include "gateway/base/error.h"

namespace tombolo::testing {

inline Status StatusOf(const Status& status) { return status; }
template <typename T>
Status StatusOf(const StatusOr<T>& status_or) {
  return status_or.status();
}

inline ::testing::AssertionResult IsOk(const Status& status) {
  if (status.ok()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << Describe(status);
}

inline ::testing::AssertionResult HasCode(const Status& status, Code code) {
  if (CodeOf(status) == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "expected " << NameOf(code) << ", got " << Describe(status);
}

}  // namespace tombolo::testing

#define ASSERT_OK(expr) ASSERT_TRUE(::tombolo::testing::IsOk(::tombolo::testing::StatusOf((expr))))
#define EXPECT_OK(expr) EXPECT_TRUE(::tombolo::testing::IsOk(::tombolo::testing::StatusOf((expr))))

// EXPECT_CODE(Code::X, expr): expr failed with that outward code.
#define ASSERT_CODE(code, expr) \
  ASSERT_TRUE(::tombolo::testing::HasCode(::tombolo::testing::StatusOf((expr)), (code)))
#define EXPECT_CODE(code, expr) \
  EXPECT_TRUE(::tombolo::testing::HasCode(::tombolo::testing::StatusOf((expr)), (code)))

// ASSERT_OK_AND_ASSIGN(auto x, F()): ends the test if F() failed.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  ASSERT_OK_AND_ASSIGN_IMPL(TOMBOLO_CONCAT(test_status_or_, __LINE__), lhs, expr)
#define ASSERT_OK_AND_ASSIGN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  ASSERT_OK(tmp);                                 \
  lhs = std::move(*tmp)

#endif  // TOMBOLO_TESTS_SUPPORT_ASSERT_OK_H_
