// Every limit of Tombolo, in one place. Reaching one gives a clear error and harms nobody else.
// Each has a test at N and at N + 1.
//
// Ownership: constants. Thread-safety: constants. Errors: LIMIT_EXCEEDED or the code named beside a
// limit.
#ifndef TOMBOLO_GATEWAY_BASE_LIMITS_H_
#define TOMBOLO_GATEWAY_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace tombolo::limits {

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;
inline constexpr uint64_t kGiB = 1024 * uint64_t{kMiB};

// --- files
inline constexpr size_t kCellBytesMax = 1 * kMiB;  // CELL_TOO_LARGE: that row is quarantined
inline constexpr size_t kRowBytesMax = 4 * kMiB;   // ROW_TOO_LARGE: that row is quarantined
// of one source; SQLite's own limit for a table
inline constexpr size_t kColumnsMax = 2000;
inline constexpr size_t kNestingMax = 64;  // XML elements, JSON arrays and objects
inline constexpr size_t kReadBlockBytes = 256 * kKiB;
inline constexpr uint64_t kArchiveUnpackedBytesMax = 16 * kGiB;  // ARCHIVE_TOO_LARGE
// unpacked : packed, once past kArchiveRatioFloorBytes
inline constexpr uint64_t kArchiveRatioMax = 200;
inline constexpr uint64_t kArchiveRatioFloorBytes = 64 * kMiB;
inline constexpr size_t kArchiveMembersMax = 10000;
inline constexpr size_t kArchiveDirectoryBytesMax = 16 * kMiB;
inline constexpr size_t kSampleBytes = 256 * kKiB;          // looked at to tell encoding and format
inline constexpr uint64_t kSampleScanBytesMax = 64 * kMiB;  // searched for text beyond ASCII
inline constexpr size_t kRawShownBytesMax = 64 * kKiB;      // of a row that is too large itself
inline constexpr size_t kHeaderSearchRowsMax = 1000;        // HEADER_MISSING beyond

// --- configuration and packs
inline constexpr size_t kYamlBytesMax = 4 * kMiB;
inline constexpr size_t kSecretFileBytesMax = 16 * kKiB;  // a key in PEM
inline constexpr size_t kYamlDepthMax = 32;
inline constexpr size_t kYamlFaultsMax = 20;  // told in one message; the rest is counted
// of any file in a pack's or profile's folder
inline constexpr size_t kPackFileBytesMax = 64 * kMiB;
inline constexpr size_t kSqlBytesMax = 256 * kKiB;
inline constexpr size_t kSqlValueBytesMax = 8 * kMiB;    // of one value within a SELECT
inline constexpr int64_t kSqlStepsPerRowMax = 10000000;  // of SQLite's machine, between two rows
inline constexpr int64_t kSqlStepsPerSortedRow = 1000;   // more for each row read so far
inline constexpr size_t kSortCacheBytes = 32 * kMiB;     // groups beyond are sorted on disk
inline constexpr uint64_t kLookupBytesMax = 512 * uint64_t{kMiB};  // lookup sources of one run
inline constexpr int kSourceOpensMax = 16;                         // of one source by one SELECT
inline constexpr size_t kPendingFaultsMax = 65536;                 // rows that wait for their text
inline constexpr uint64_t kRunProgressRows = 4096;  // between two calls of OnProgress
inline constexpr int kSqlArgumentsMax = 100;        // of one call; PACK_SQL, as for the next three
inline constexpr int kSqlExpressionDepthMax = 200;
inline constexpr int kSqlCompoundMax = 50;  // SELECTs joined by UNION and the like
inline constexpr int kSqlLikePatternBytesMax = 1000;
inline constexpr uint64_t kSqlPageBytes = 4096;
inline constexpr size_t kDraftCodeBytesMax = 60;   // longer values are no codes for pack new
inline constexpr size_t kDraftFieldBytesMax = 40;  // of a header within a field's name
inline constexpr size_t kCodeListRowsMax = 200000;
inline constexpr size_t kDivisionRowsMax = 200000;
inline constexpr size_t kItemsMax = 10000;
inline constexpr size_t kFieldsPerItemMax = 200;
inline constexpr size_t kFaultsPerRowMax = 20;
inline constexpr size_t kFaultValueBytesMax = 200;

// --- identifier schemes
inline constexpr size_t kIdentifierBytesMax = 256;    // longer input matches no scheme
inline constexpr size_t kPatternBytesMax = 1 * kKiB;  // CONFIG_VALUE, as for the next three
inline constexpr size_t kPatternRepeatMax = 255;      // POSIX's RE_DUP_MAX
inline constexpr size_t kPatternNestingMax = 32;
inline constexpr size_t kPatternStatesMax = 4096;  // of the automaton that a pattern becomes

// --- records
inline constexpr size_t kFieldNameBytesMax = 64;
inline constexpr size_t kFieldTextBytesMax = 256 * kKiB;
inline constexpr size_t kHeaderBytesMax = 4 * kKiB;
inline constexpr size_t kLayerBytesMax = 1 * kMiB;
inline constexpr size_t kOriginBytesMax = 255;
inline constexpr size_t kItemCodeBytesMax = 64;
inline constexpr size_t kNaturalKeyBytesMax = 4 * kKiB;
inline constexpr size_t kDecimalBytesMax = 64;
inline constexpr size_t kIdentityScopeBytesMax = 255;
inline constexpr uint32_t kPublicityMonthsMax = 1200;

// --- the store
inline constexpr size_t kTickEntriesMax = 65536;    // entries of one commit
inline constexpr size_t kTickBytesMax = 32 * kMiB;  // whichever comes first
// a block of the change log before compression
inline constexpr size_t kBlockBytesTarget = 16 * kKiB;
inline constexpr size_t kCheckpointStreamsMax = 65536;
inline constexpr size_t kCursorPositionsMax = 3 * kCheckpointStreamsMax;  // three layers each
inline constexpr size_t kAuditTextBytesMax = 1024;  // one text of an audit event
inline constexpr size_t kPageEntriesMax = 10000;    // of one read

// --- trust
inline constexpr size_t kDocumentBytesMax = 1 * kMiB;  // of a root, registry, policy ... or list
inline constexpr size_t kDocumentFileBytesMax = 2 * kDocumentBytesMax;  // as JSON
inline constexpr size_t kDocumentSignaturesMax = 32;
inline constexpr size_t kMembersMax = 4000;
inline constexpr size_t kRoleKeysMax = 16;
inline constexpr size_t kAuthoritiesMax = 16;  // certificates of authorities in a root
inline constexpr size_t kMemberKeysMax = 4;    // of either kind
inline constexpr size_t kEndpointsMax = 4;     // of a member
inline constexpr size_t kHostBytesMax = 253;
inline constexpr int kTimestampDaysMax = 7;
inline constexpr size_t kCertificateBytesMax = 16 * kKiB;
inline constexpr int kChainDepthMax = 3;  // certificates between leaf and root, both included
inline constexpr int kLeafDaysMax = 398;
inline constexpr int kAuthorityDaysMax = 7305;     // twenty years
inline constexpr size_t kPemBytesMax = 64 * kKiB;  // of a chain or a request
inline constexpr size_t kIdPartsMax = 8;           // of the path of a SPIFFE ID

// --- the boundary
inline constexpr size_t kPolicyRulesMax = 1000;
inline constexpr size_t kGrantsMax = 10000;  // of one origin
inline constexpr size_t kGrantNamesMax = 1000;
inline constexpr size_t kPurposesMax = 256;      // that a policy adds; likewise legal bases
inline constexpr size_t kPolicyIdBytesMax = 64;  // of a rule, grant, code or obligation
inline constexpr size_t kGrantReferenceBytesMax = 1024;
inline constexpr size_t kGrantYearsMax = 3;

// --- the exchange
inline constexpr size_t kFrameHeadingBytes = 12;
inline constexpr size_t kFramePayloadBytesMax = 4 * kMiB;    // data frames, unpacked
inline constexpr size_t kControlPayloadBytesMax = 2 * kMiB;  // the table of formats/frame.md
inline constexpr size_t kSmallPayloadBytesMax = 16 * kKiB;   // all other frames
inline constexpr size_t kPageBytesTarget = 256 * kKiB;       // of entries, in one data frame
inline constexpr size_t kPageEntriesTarget = 4096;           // whichever comes first
inline constexpr size_t kReceiveBatchEntriesMax = 32768;
inline constexpr size_t kReceiptItemsMax = 20000;
inline constexpr uint64_t kTreeSpan = 256;  // leaves under one stored inner node
inline constexpr uint64_t kCreditBytesMin = 8 * uint64_t{kMiB};
inline constexpr uint64_t kCreditBytesMax = 256 * uint64_t{kMiB};
inline constexpr size_t kReceiveBatchBytesMax = 16 * kMiB;  // of one commit of received pages
inline constexpr size_t kSendQueueBytesMax = 8 * kMiB;      // of one connection, encoded
inline constexpr size_t kStreamFramesPerSecondMax = 20000;  // OFFER and HEAD of one peer
inline constexpr size_t kControlFramesPerSecondMax = 200;   // of one peer, beside data
inline constexpr size_t kOfferedStreamsMax = 65536;         // of one session
inline constexpr size_t kPathNodesMax = 8;                  // of a stream, origin to sender
inline constexpr size_t kFillSeqsMax = 10000;
inline constexpr size_t kHttpHeadBytesMax = 16 * kKiB;  // request line and header fields
inline constexpr size_t kHttpFieldsMax = 100;
inline constexpr size_t kHttpBodyBytesMax = 1 * kMiB;
inline constexpr int kHandshakeMsMax = 10000;
inline constexpr int kHttpHeadMsMax = 10000;
inline constexpr int kHelloMsMax = 10000;         // from the upgrade to the other side's HELLO
inline constexpr int kSilenceIntervalsMax = 3;    // ping intervals without any frame
inline constexpr int kStalledSendMsMax = 30000;   // a write that makes no progress
inline constexpr int kCreditStallMsMax = 120000;  // no credit while data waits
inline constexpr int kStopMsMax = 10000;          // graceful stop
// Local numbers of other origins' streams, and of deliveries, begin here: a server that receives
// and a command that ingests then never draw the same number.
inline constexpr uint32_t kReceivedNumbersFrom = 1 << 16;

static_assert(3 * kLayerBytesMax + kHeaderBytesMax + 64 * kKiB <= kFramePayloadBytesMax,
              "one entry always fits a frame");
static_assert(kCellBytesMax <= kRowBytesMax);
static_assert(kFieldTextBytesMax <= kLayerBytesMax);
static_assert(kLayerBytesMax * 3 <= kTickBytesMax, "one record always fits a tick");

}  // namespace tombolo::limits

#endif  // TOMBOLO_GATEWAY_BASE_LIMITS_H_
