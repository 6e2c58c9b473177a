export const never = () => 'what nobody uses is left out';
export const enum Level { Low = 1, High = Low << 3 }
