#include "base/standard_output.hpp"
#include "config/defaults.hpp"
#include "flags/flag_value.hpp"

namespace infer::detail {

FlagGroup stop_flags() {
  using Stops = StopOptions;
  using enum FlagEffect;
  using enum OnRanks;
  const auto stops = [](auto member) { return at(&RunConfig::stops, member); };
  const auto start = [](auto member) { return at(&RunConfig::output, &OutputOptions::start, member); };
  return {
      "Stopping and going on",
      {common("Go on with a run that was interrupted",
              {"resume",
               "Go on with an unfinished run, on any number of ranks; start where there is nothing to go on "
               "with; "
               "leave a complete output alone",
               on_off(start(&StartRequest::resume)), none, alike, "", 'r'}),
       common("Start again although there is an output",
              {"overwrite", "Start again although there is an output",
               on_off(start(&StartRequest::overwrite)), none}),
       {"retry-errors",
        "Score again only the records that failed in a complete output, of any form, and put them in their "
        "places",
        on_off(start(&StartRequest::retry_errors)), none},
       {"time-limit",
        "Stop after this time (s, m, h, d), to be resumed (default in a Slurm job: shortly before its end)",
        seconds(stops(&Stops::time_limit), 0, Zero::means_default), none, each_its_own},
       {"drain-timeout", "For what is in flight when the run is to stop",
        seconds(stops(&Stops::drain_timeout), 0), none, each_its_own},
       {"comm-timeout", "Silence of a rank that ends the run", seconds(stops(&Stops::comm_timeout), 1), none,
        each_its_own},
       {"stall-timeout", "How long a rank may be at one batch, one read or one write before the run ends",
        seconds(stops(&Stops::stall_timeout), 1), none, each_its_own},
       {"journal-interval", "Between checkpoints; longer where writing them takes more than 5 % of it",
        seconds(stops(&Stops::journal_interval), 0), none, each_its_own}}};
}

FlagGroup resource_flags() {
  using Resources = ResourceOptions;
  using enum FlagEffect;
  using enum OnRanks;
  const auto resource = [](auto member) { return at(&RunConfig::resources, member); };
  const auto number = [](auto value) { return std::to_string(value); };
  return {
      "Devices and batches",
      {common("auto, cpu, cuda, cuda:0 or cuda:0,cuda:1",
              {"device",
               "auto (as cuda where there is a GPU, unless the model is compiled for the CPU), cpu, "
               "cuda (the rank's own GPU), cuda:K, or several for one rank: cuda:0,cuda:1,... (over which a "
               "model in stages is spread). One for all models, or one each",
               named("DEVICE", for_outputs(text(resource(&Resources::device)))), digits, each_its_own,
               "the device", 'd'}),
       {"replicas",
        "Batches that run at a time on each device, on one copy of the weights (default: the rank's cores / "
        "--threads; " +
            number(kGpuReplicas) + " on a GPU)",
        whole(resource(&Resources::replicas), 1, Zero::means_default), none, each_its_own},
       {"threads",
        "CPU threads of one batch; other numbers may change last digits (default: 1, or the rank's cores / "
        "--replicas)",
        whole(resource(&Resources::threads), 1, Zero::means_default), digits},
       {"pipeline-ranks",
        "Ranks that have the stages of a model together, each some of them; every such group works as one "
        "rank "
        "(the number of ranks must be a multiple)",
        whole(resource(&Resources::pipeline_ranks), 1), none},
       {"cudnn-attention",
        "On a GPU: let LibTorch choose cuDNN for attention, which plans anew for each shape of a batch",
        on_off(resource(&Resources::cudnn_attention)), digits},
       {"max-batch-size",
        "Records per batch (default: " + number(kBatchRows) + "; " + number(kGpuTextRows) +
            " on a GPU for inputs of variable length)",
        count(resource(&Resources::max_batch_size), 1), digits},
       common("Tokens per batch: infer bench finds the fastest",
              {"max-batch-tokens",
               "Records x longest length per batch, for inputs of variable length; of a packed bundle the "
               "tokens "
               "(default: " +
                   number(kCpuBatchTokens) + " on a CPU, " + number(kGpuBatchTokens) + " on a GPU)",
               count(resource(&Resources::max_batch_tokens), 1), digits}),
       {"chunk-bytes",
        "Size of the pieces that ranks work on (B, KiB, MiB, ...; default: about " + number(kChunkRows) +
            " records, on a GPU " + number(kGpuChunkRows) + ")",
        bytes(at(&RunConfig::input, &InputOptions::chunk_bytes), 1, Zero::means_default),
        rows},  // their places: checkpoints count chunks
       {"schedule", "dynamic (chunks on demand) or static (chunk i to rank i mod N)",
        choice(resource(&Resources::schedule),
               {{"dynamic", Schedule::dynamic_grants}, {"static", Schedule::static_slices}}),
        none},
       {"gather", "How results reach rank 0: auto (nccl when every rank has its own GPU), nccl or mpi",
        choice(resource(&Resources::gather),
               {{"auto", GatherKind::automatic}, {"nccl", GatherKind::nccl}, {"mpi", GatherKind::mpi}}),
        none}}};
}

FlagGroup general_flags() {
  using enum FlagEffect;
  using enum OnRanks;
  const auto command = [](auto member) { return at(&RunConfig::command, member); };
  const auto trace_name = [](const std::string& flag, const std::string& path) {
    auto name = own_name(flag, path);
    return name == "-" ? "/dev/fd/" + std::to_string(standard_output()) : name;
  };
  return {
      "General",
      {{"trace",
        "Write what every thread of every rank did when to this file, for ui.perfetto.dev (an earlier "
        "trace is replaced, another file only with --overwrite)",
        named("FILE", text_as(at(&RunConfig::output, &OutputOptions::trace), trace_name)), none},
       {"progress",
        "auto (in a terminal one line that is redrawn, else one every 10 s), always (redrawn whatever "
        "stderr is, as under mpirun) or never",
        choice(command(&Invocation::progress), {{"auto", ShowProgress::automatic},
                                                {"always", ShowProgress::always},
                                                {"never", ShowProgress::never}}),
        none, each_its_own},
       {"log-format", "Of what is said on stderr: text, or json (an object per line, for programs)",
        choice(command(&Invocation::log_format), {{"text", LogFormat::text}, {"json", LogFormat::json}}),
        none, each_its_own},
       common("What became of the run: FILE.html or FILE.json",
              {"report",
               "Write at the end what became of the run: FILE.html to look at, FILE.json for programs "
               "(lib/report/report.md). One for each model",
               named("FILE", for_outputs(text_as(at(&RunConfig::output, &OutputOptions::report), own_name))),
               none}),
       {"min-rows-per-second", "Exit code 1 where the run was slower, as its report says",
        named("N", real_at_least(at(&RunConfig::output, &OutputOptions::min_rows_per_second), 0)), none},
       {"metrics-file",
        "Keep the run's numbers in this file while it is on, for node-exporter's text files (FILE.prom). One "
        "for each model",
        named("FILE", for_outputs(text_as(at(&RunConfig::output, &OutputOptions::metrics_file), own_name))),
        none},
       {"quiet", "No header, progress or summary", on_off(command(&Invocation::quiet)), none, each_its_own,
        "", 'q'},
       {"verbose", "Tell more about the start", on_off(command(&Invocation::verbose)), none, each_its_own, "",
        'v'}}};
}

}  // namespace infer::detail
