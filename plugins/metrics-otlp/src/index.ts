/**
 * The metrics of dlrkit pushed to an OpenTelemetry collector: OTLP over HTTP, as JSON, cumulative.
 *
 * @module
 */
import { printable } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** The options of {@link metrics}. */
export interface OtlpOptions {
  /**
   * The collector's base URL; `/v1/metrics` is added to it. By default `OTEL_EXPORTER_OTLP_ENDPOINT`, else
   * `http://127.0.0.1:4318`.
   */
  readonly url?: string
  /** How often the metrics are pushed; 10 seconds by default. */
  readonly interval?: Duration.Input
  /** Headers of each push; wrap a secret value in `Redacted.make`. By default those of `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>>
  /** How long a push may take, the last one at the end of a run included; 3 seconds by default. */
  readonly timeout?: Duration.Input
}

/** The exporter's options, or the environment's, cannot be right. */
export class OtlpError extends Schema.TaggedError<OtlpError>()("OtlpError", { detail: Schema.String }) {
  override get message() {
    return `metrics-otlp: ${this.detail}`
  }
}
