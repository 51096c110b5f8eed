/** Names of the files for PyTorch, and the command that trains on with them. */

export const TORCH_SCRIPT = 'microgpt_torch.py'
export const DATA_FILE = 'data.txt'

/** The files of a run, each as the shell takes its path. */
interface TorchFiles {
  script: string
  model: string
  data: string
}

/**
 * The script with its arguments, to follow `python3` or `torchrun` and its flags.
 * @param total num_steps of the run so far
 */
export const torchCommand = ({ script, model, data }: TorchFiles, total: number) =>
  `${script} ${model} --data ${data} --num-steps ${Math.max(100_000, 10 * total)}`
