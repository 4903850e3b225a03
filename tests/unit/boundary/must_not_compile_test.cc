// Nobody outside of gateway/boundary can make what leaves the node, nor change it. Access is part
// of whether an expression is valid, so each line says of one attempt that it does not compile; the
// last ones show that the question is asked rightly. The compiler is the judge: nothing runs.
#include <type_traits>
#include <utility>

#include "gateway/boundary/disclosure.h"

namespace tombolo::boundary {
namespace {

template <typename T>
concept MadeOfNothing = requires {
  T();
};
template <typename T>
concept MadeWithBraces = requires {
  T{};
};
template <typename T>
concept MadeOnTheHeap = requires {
  new T();
};
template <typename T, typename... Args>
concept MadeFrom = requires(Args... args) {
  T(args...);
};
template <typename T, typename... Args>
concept FilledFrom = requires(Args... args) {
  T{args...};
};

using Page = std::shared_ptr<const ShapedPage>;
static_assert(!MadeOfNothing<Disclosure> && !MadeWithBraces<Disclosure>);
static_assert(!MadeOnTheHeap<Disclosure> && !std::is_aggregate_v<Disclosure>);
static_assert(!MadeFrom<Disclosure, Page> && !MadeFrom<Disclosure, Decision, Page>);
static_assert(!FilledFrom<Disclosure, Page, uint32_t, uint64_t>);
static_assert(!MadeOfNothing<ShapedPage> && !MadeWithBraces<ShapedPage>);
static_assert(!MadeOnTheHeap<ShapedPage> && !std::is_aggregate_v<ShapedPage>);
static_assert(!MadeOfNothing<Decision> && !MadeWithBraces<Decision>);
static_assert(!MadeOnTheHeap<Decision> && !std::is_aggregate_v<Decision>);
static_assert(!MadeOfNothing<CompiledPolicy> && !std::is_aggregate_v<CompiledPolicy>);

// None can be changed from outside either.
template <typename T>
concept ShowsItsPage = requires(T value) {
  value.page_;
};
template <typename T>
concept ShowsItsPayload = requires(T value) {
  value.payload_;
};
template <typename T>
concept ShowsItsPolicy = requires(T value) {
  value.policy_;
};
template <typename T>
concept GivesAPageToChange = requires(T value) {
  value.page() = std::declval<ShapedPage>();
};
template <typename T>
concept GivesAPayloadToChange = requires(T value) {
  value.payload().clear();
};
static_assert(!ShowsItsPage<Disclosure> && !GivesAPageToChange<Disclosure>);
static_assert(!ShowsItsPayload<ShapedPage> && !GivesAPayloadToChange<ShapedPage>);
static_assert(!ShowsItsPolicy<Decision>);
static_assert(!std::is_convertible_v<Page, Disclosure>);

// The same questions of a type that anybody may make.
struct Anybodys {
  int page_ = 0, payload_ = 0, policy_ = 0;
};
static_assert(MadeOfNothing<Anybodys> && MadeWithBraces<Anybodys> && MadeOnTheHeap<Anybodys>);
static_assert(ShowsItsPage<Anybodys> && ShowsItsPayload<Anybodys> && ShowsItsPolicy<Anybodys>);
static_assert(FilledFrom<Anybodys, int, int, int> && std::is_aggregate_v<Anybodys>);
// And what is meant to work does.
static_assert(std::is_copy_constructible_v<Disclosure> && std::is_copy_constructible_v<Decision>);

}  // namespace
}  // namespace tombolo::boundary
